"""The charting library that a page carries in itself, and what lets it run there."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

import vl_convert

#: The licence asks to stand wherever the library does.
_LICENCE = """/*!
Vega {vega}, Vega-Lite and Vega-Embed {embed}, https://vega.github.io

Copyright (c) 2015-2025, University of Washington Interactive Data Lab. All rights reserved.

Redistribution and use in source and binary forms, with or without modification, are permitted
provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of
   conditions and the following disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of
   conditions and the following disclaimer in the documentation and/or other materials provided
   with the distribution.
3. Neither the name of the copyright holder nor the names of its contributors may be used to
   endorse or promote products derived from this software without specific prior written
   permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR
IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR
CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER
IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT
OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.

With modules of D3, https://d3js.org, Copyright 2010-2024 Mike Bostock, under the ISC licence:
Permission to use, copy, modify, and/or distribute this software for any purpose with or without
fee is hereby granted, provided that the above copyright notice and this permission notice appear
in all copies. THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD
TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL
THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.
*/"""


@cache
def library() -> str:
    """Return the charting library as one script.

    Returns
    -------
    str
        Puts ``vegaEmbed`` on the window and nothing else there. It has no byte that would end
        the element it stands in.

    Raises
    ------
    ValueError
        If a new version of the library has such bytes.
    """
    licence = _LICENCE.format(
        vega=vl_convert.get_vega_version(), embed=vl_convert.get_vega_embed_version()
    )
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # Its names would be everybody's otherwise: they are one letter long.
    return checked(f"{licence}\n(() => {{\n{bundle}\n}})();\n")


def checked(script: str) -> str:
    """Return a script unchanged if it can stand inside a page.

    Parameters
    ----------
    script : str
        JavaScript of ours or of the library; never from data.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the browser would read something else than what is written: an end of the element,
        a comment, or line ends that it changes, so that the digest does not fit.
    """
    for mark in ("</script", "<script", "<!--", "\r", "\0"):
        if mark in script.lower():
            raise ValueError(f"a script has {mark!r} in it, and cannot stand inside a page")
    return script


def allowance(script: str) -> str:
    """Return what the page's policy says to let a script run: its digest.

    Parameters
    ----------
    script : str
        Exactly what stands between the tags.

    Returns
    -------
    str
        A source expression of the Content-Security-Policy.
    """
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
