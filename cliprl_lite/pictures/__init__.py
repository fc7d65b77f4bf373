"""What is drawn: one palette, maps and charts as SVG, figures of results."""
