"""The photograph as it is."""

from fakeface.views.base import View


class Original(View):
    """The whole photograph, made square."""

    title = "the photo"
    photometric = True
