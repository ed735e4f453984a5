"""What is made with a trained model, whatever its kind."""
