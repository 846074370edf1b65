"""The web page and the JSON endpoint of ``fakeface serve``: a detector for visitors, with limits."""
