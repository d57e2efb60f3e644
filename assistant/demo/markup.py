"""The HTML that each mail program makes of a reply: paragraphs its own way, and its own marks around the quotation."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Final

from assistant.demo.quoting import attribution, header_block, plain
from assistant.demo.stories import Client, Quote, StoryMail, Threads, message_id

_LINK: Final = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?]")
_HEAD_WORD: Final = (
    '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40">\n<head>\n'
    '<meta http-equiv="Content-Type" content="text/html; charset={charset}">\n'
    '<meta name="Generator" content="Microsoft Word 15 (filtered medium)">\n<style><!--\n'
    "/* Style Definitions */\np.MsoNormal, li.MsoNormal, div.MsoNormal\n"
    '\t{{margin:0cm;\n\tfont-size:11.0pt;\n\tfont-family:"Calibri",sans-serif;}}\n'
    "div.WordSection1\n\t{{page:WordSection1;}}\n--></style>\n</head>\n"
)
_APPLE_BODY: Final = (
    '<body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">'
)
_GMAIL_CITE: Final = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"
_OWA_FONT: Final = "font-family: Aptos, Aptos_EmbeddedFont, Calibri, Helvetica, sans-serif; font-size: 12pt;"


def page(mail: StoryMail, threads: Threads, *, charset: str) -> str:
    """The HTML part of a mail."""
    return _PAGES[mail.client](mail, threads, charset)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _linked(text: str) -> str:
    return _LINK.sub(lambda match: f'<a href="{match.group()}">{match.group()}</a>', _escaped(text))


def _answered(mail: StoryMail, threads: Threads) -> StoryMail | None:
    """The mail to be quoted above or below, if any."""
    return None if mail.quote in {Quote.NONE, Quote.INLINE} else threads.parent(mail)


def _broken_lines(text: str) -> str:
    """A plain text as HTML, line for line, as programs show the plain mail they quote."""
    return "<br>\n".join(_linked(line) for line in text.split("\n"))


def _divisions(text: str) -> str:
    return "".join(f"<div>{_linked(line) or '<br>'}</div>\n" for line in text.split("\n"))


def _outlook_desktop(mail: StoryMail, threads: Threads, charset: str) -> str:
    body = _word_paragraphs(mail.text)
    parent = _answered(mail, threads)
    if parent is not None:
        rows = "<br>\n".join(f"<b>{label}</b> {_escaped(value)}" for label, value in header_block(mail, parent))
        border = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
        body += (
            f'<p class="MsoNormal"><o:p>&nbsp;</o:p></p>\n<div>\n<div style="{border}">\n'
            f'<p class="MsoNormal">{rows}<o:p></o:p></p>\n</div>\n</div>\n'
            f'<p class="MsoNormal"><o:p>&nbsp;</o:p></p>\n{_word_paragraphs(plain(parent, threads))}'
        )
    language = "DE" if mail.client is Client.OUTLOOK_DE else "EN-GB"
    return (
        f"{_HEAD_WORD.format(charset=charset)}"
        f'<body lang="{language}" link="#0563C1" vlink="#954F72" style="word-wrap:break-word">\n'
        f'<div class="WordSection1">\n{body}</div>\n</body>\n</html>\n'
    )


def _word_paragraphs(text: str) -> str:
    lines = (f"{_linked(line)}<o:p></o:p>" if line else "<o:p>&nbsp;</o:p>" for line in text.split("\n"))
    return "".join(f'<p class="MsoNormal">{line}</p>\n' for line in lines)


def _outlook_web(mail: StoryMail, threads: Threads, charset: str) -> str:
    lines = (_linked(line) or "<br>" for line in mail.text.split("\n"))
    body = "".join(f'<div class="elementToProof" style="{_OWA_FONT}">{line}</div>\n' for line in lines)
    parent = _answered(mail, threads)
    if parent is not None:
        rows = "<br>\n".join(f"<b>{label}</b> {_escaped(value)}" for label, value in header_block(mail, parent))
        body += (
            '<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" tabindex="-1">\n'
            '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000">'
            f"{rows}</font>\n<div>&nbsp;</div>\n</div>\n"
            f'<div class="BodyFragment"><font size="2"><span style="font-size:11pt;"><div class="PlainText">'
            f"{_broken_lines(plain(parent, threads))}</div></span></font></div>\n"
        )
    return (
        f'<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset={charset}">\n'
        '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>\n</head>\n'
        f'<body dir="ltr">\n{body}</body>\n</html>\n'
    )


def _gmail(mail: StoryMail, threads: Threads, _: str) -> str:
    first, _newline, rest = mail.text.partition("\n")
    body = f'<div dir="ltr">{_linked(first)}{_divisions(rest) if rest else ""}</div>'
    parent = _answered(mail, threads)
    if parent is None:
        return f"{body}\n"
    address = html.escape(parent.sender.address)
    introduction = _escaped(attribution(mail, parent)).replace(
        f"&lt;{address}&gt;", f'&lt;<a href="mailto:{address}">{address}</a>&gt;'
    )
    return (
        f'{body}<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{introduction}<br>'
        f'</div><blockquote class="gmail_quote" style="{_GMAIL_CITE}">{_broken_lines(plain(parent, threads))}<br>\n'
        "</blockquote></div>\n"
    )


def _apple(mail: StoryMail, threads: Threads, charset: str) -> str:
    parent = threads.parent(mail)
    body = _apple_inline(mail, parent) if mail.quote is Quote.INLINE and parent else _divisions(mail.text)
    parent = _answered(mail, threads)
    if parent is not None:
        body += (
            f'<div><br><blockquote type="cite"><div>{_escaped(attribution(mail, parent))}</div>'
            '<br class="Apple-interchange-newline"><div>'
            f"<div>{_broken_lines(plain(parent, threads))}</div></div></blockquote></div><br>"
        )
    return (
        f'<html><head><meta http-equiv="content-type" content="text/html; charset={charset}"></head>'
        f"{_APPLE_BODY}{body}</body></html>\n"
    )


def _apple_inline(mail: StoryMail, parent: StoryMail) -> str:
    """Quoted lines and answers in turn; the attribution stands in the first quotation."""
    introduction = f"<div>{_escaped(attribution(mail, parent))}</div><br>"
    pieces = []
    for line in mail.text.split("\n"):
        if line.startswith("> "):
            cited = f"{introduction}<div>{_linked(line[2:])}</div>"
            pieces.append(f'<blockquote type="cite">{cited}</blockquote>\n')
            introduction = ""
        else:
            pieces.append(_divisions(line))
    return "".join(pieces)


def _thunderbird(mail: StoryMail, threads: Threads, charset: str) -> str:
    body = "".join(f"<p>{_broken_lines(block)}</p>\n" for block in mail.text.split("\n\n"))
    parent = _answered(mail, threads)
    if parent is not None:
        cited = f'<blockquote type="cite" cite="mid:{message_id(parent)[1:-1]}">\n'
        quotation = (
            f'<div class="moz-cite-prefix">{_escaped(attribution(mail, parent))}<br></div>\n'
            f"{cited}{_broken_lines(plain(parent, threads))}</blockquote>\n"
        )
        body = quotation + body if mail.quote is Quote.BOTTOM else body + quotation
    return (
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta http-equiv="content-type" content="text/html; charset={charset}">\n'
        f"</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _newsletter(mail: StoryMail, threads: Threads, charset: str) -> str:
    paragraphs = "".join(
        f'<p style="margin:0 0 16px 0">{_broken_lines(block)}</p>\n' for block in plain(mail, threads).split("\n\n")
    )
    return (
        f'<!DOCTYPE html>\n<html lang="de">\n<head>\n<meta charset="{charset}">\n'
        '<meta name="viewport" content="width=device-width">\n<style>td { font-family: Arial, sans-serif }</style>\n'
        f'</head>\n<body style="margin:0;background:#f4f4f4">\n<table role="presentation" width="100%"><tr><td>\n'
        '<table role="presentation" width="600" align="center" style="background:#ffffff"><tr><td>\n'
        f"{paragraphs}</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n"
    )


_PAGES: Final[Mapping[Client, Callable[[StoryMail, Threads, str], str]]] = {
    Client.OUTLOOK_DE: _outlook_desktop,
    Client.OUTLOOK_EN: _outlook_web,
    Client.GMAIL_DE: _gmail,
    Client.APPLE_DE: _apple,
    Client.APPLE_EN: _apple,
    Client.IPHONE: _apple,
    Client.THUNDERBIRD: _thunderbird,
    Client.WEBMAIL: _newsletter,
}
