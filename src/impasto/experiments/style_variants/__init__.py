"""What a style transfer by a network's features depends on: layers, optimiser, network; and what its layers know.

The exercises and claims of the second, third and fourth documents, each a sweep of `style gatys` or of `reconstruct`.
"""
