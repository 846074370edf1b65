"""What a network can be given of a photograph: its pixels, their error levels, the aligned face. One file a view."""

from fakeface.views.base import View, Viewed

__all__ = ["View", "Viewed"]
