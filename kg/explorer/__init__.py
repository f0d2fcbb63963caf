"""The web explorer: pages that are made on the server, for people who read a graph in a browser.

`pages.Explorer` makes a page of a graph from what a request asks for; `kg.server` has the routes, and runs it in its
worker processes. Pages can be read without scripts; the few scripts add completion, a theme and an editor.
"""

from __future__ import annotations
