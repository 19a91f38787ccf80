"""The site: the domain packages composed, and the flow of one event through them."""

from .site import Site

__all__ = ["Site"]
