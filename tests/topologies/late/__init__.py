"""A release with one more migration of a context, for those who deploy it in the wrong moment."""
