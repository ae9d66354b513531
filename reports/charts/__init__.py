"""Drawings in SVG: curves of lag, load and outcomes, and the timeline of a finding."""
