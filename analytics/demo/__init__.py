"""The demo: five parks at published scale, and who may log in to look at them."""
