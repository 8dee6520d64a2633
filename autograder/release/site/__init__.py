"""``make site``: the homework as static files, with which it runs in a browser tab.

`pyodide` fetches Python for browsers, `wheels` adds what the homework needs to it, `build` puts
these, JupyterLite and the front page into one folder. ``otter/`` stands in for Otter there, and
``front/`` holds the front page and the worker that keeps the site for use without a network.
"""
