"""Pictures that come with the house: photographs inside libraries, and drawings made by code."""
