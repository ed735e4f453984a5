"""Readers at the door, one for each way in which sets of pictures lie about."""
