"""Measures of what is there already, as methods that make tables: of textures, of clips, of a network's layers."""
