"""The site: the domain packages composed."""
