"""Tell real photographs of faces from expert-made fakes."""

__version__ = "0.1.0"
