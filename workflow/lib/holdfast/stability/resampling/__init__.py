"""How sure a figure is: bootstrap, intervals, and what random answers give."""
