"""What only the browser can do: the document's language, light and dark, a few style repairs, pictures of a chart.

The scripts and styles are constants of this file. Everything that comes from data or texts goes in as `data` and is
written with textContent, never as markup.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import Any

from streamlit.components.v2 import component

_CSS = """
.st-key-frame { position: absolute; height: 0; overflow: hidden; }
/* captions at the muted text colour of the charts: the default is too pale for WCAG AA */
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { opacity: 1; }
[data-testid="stMainBlockContainer"] { padding: 3.4rem 2rem 3rem; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
/* a value that is too long for its tile breaks, it is never cut */
[data-testid="stMetricValue"] > div { white-space: normal; overflow: visible; text-overflow: clip; }
/* Streamlit has no words of its own in Chinese: the file chooser is the one place where they would be seen */
html[lang|="zh"] [data-testid="stFileUploaderDropzone"] button p,
html[lang|="zh"] [data-testid="stFileUploaderDropzoneInstructions"] span { font-size: 0; }
html[lang|="zh"] [data-testid="stFileUploaderDropzone"] button p::after { content: "选择文件"; font-size: 0.875rem; }
html[lang|="zh"] [data-testid="stFileUploaderDropzoneInstructions"] span::after {
  content: "CSV、XLSX、Parquet，每个文件不超过 4 GB"; font-size: 0.875rem; }
html[lang|="zh"] .st-key-review_template [data-testid="stFileUploaderDropzoneInstructions"] span::after {
  content: "PPTX、POTX，不超过 50 MB"; }
/* Streamlit lets up to five segments run out of a narrow screen */
[data-testid="stButtonGroup"] [role="radiogroup"] { flex-wrap: wrap; overflow: visible; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding-left: 0.75rem; padding-right: 0.75rem; }
  /* the title of a card is a sentence: not half a screen of it */
  [data-testid="stMainBlockContainer"] h2 { font-size: 1.05rem; line-height: 1.3; padding-bottom: 0.7rem; }
}
"""

#: `theme` is light, dark or system. Streamlit reads its choice from the browser's storage when it starts, one entry
#: per path, so a change is written for every page and the page is loaded again; the URL brings the view back.
_FRAME = """
/* Streamlit opens a page at its bare path and the view follows a moment later: one step of the history, not two. */
function joinSteps() {
  if (window.mvpodJoinsSteps) return;
  window.mvpodJoinsSteps = true;
  const push = window.history.pushState.bind(window.history);
  window.history.pushState = (state, title, url) => {
    const next = new URL(url ?? '', document.location.href);
    const isSamePage = next.pathname === document.location.pathname && document.location.search === '';
    if (isSamePage && next.search) window.history.replaceState(state, title, url);
    else push(state, title, url);
  };
}

/* the address is written at the end of the run; loading the page before that would bring the old theme back */
function reloadWhenTheAddressSays(theme, tries = 200) {
  if (new URLSearchParams(document.location.search).get('theme') === theme) window.location.reload();
  else if (tries > 0) setTimeout(() => reloadWhenTheAddressSays(theme, tries - 1), 50);
}

export default function (component) {
  joinSteps();
  const { lang, theme, paths } = component.data;
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  const wanted = { light: '"Light"', dark: '"Dark"' }[theme] ?? null;
  const base = document.location.pathname.replace(/[^/]*$/, '');
  const names = [...paths.map((p) => base + p), document.location.pathname].map((p) => `stActiveTheme-${p}-v2`);
  const differs = (name) => {
    const found = window.localStorage.getItem(name);
    return wanted === null ? found === '"Light"' || found === '"Dark"' : found !== wanted;
  };
  const here = `stActiveTheme-${document.location.pathname}-v2`;
  const reload = differs(here);
  for (const name of names) {
    if (wanted === null) window.localStorage.removeItem(name);
    else window.localStorage.setItem(name, wanted);
  }
  const system = window.matchMedia('(prefers-color-scheme: dark)').matches ? '"Dark"' : '"Light"';
  const shown = component.data.shown === 'dark' ? '"Dark"' : '"Light"';
  if (reload && (wanted ?? system) !== shown) reloadWhenTheAddressSays(theme === 'system' ? null : theme);
}
"""

_PICTURE_HTML = """<div class="pictures"><button type="button" data-format="png"></button>
<button type="button" data-format="svg"></button></div>"""
_PICTURE_CSS = """
.pictures { display: flex; flex-direction: column; gap: 0.5rem; }
button { font: inherit; color: var(--st-text-color); background: var(--st-background-color); cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.35rem 0.75rem; }
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
"""
#: The picture is what the screen shows, with title, what is measured, filters and load written on it.
_PICTURE = """
const NS = 'http://www.w3.org/2000/svg';
const HEAD = 20, LINE = 18, PAD = 16;

function lines(text, width, font) {
  const ink = document.createElement('canvas').getContext('2d');
  ink.font = font;
  const out = [];
  let line = '';
  for (const part of text.match(/[\\u2e80-\\uffef]|[^\\s\\u2e80-\\uffef]+\\s*|\\s+/g) ?? []) {
    if (line && ink.measureText(line + part).width > width) { out.push(line.trim()); line = ''; }
    line += part;
  }
  if (line.trim()) out.push(line.trim());
  return out;
}

function write(svg, rows, x, y, size, weight, fill, family) {
  rows.forEach((row, i) => {
    const text = document.createElementNS(NS, 'text');
    text.setAttribute('x', x); text.setAttribute('y', y + i * (size + 6));
    text.setAttribute('style', `font-family:${family};font-size:${size}px;font-weight:${weight};fill:${fill}`);
    text.textContent = row;
    svg.appendChild(text);
  });
  return y + rows.length * (size + 6);
}

function compose(plot, data) {
  const box = plot.getBoundingClientRect();
  const style = getComputedStyle(document.querySelector('[data-testid=stApp]'));
  const family = style.fontFamily.replaceAll('"', "'");
  const width = Math.round(box.width) + 2 * PAD;
  const title = lines(data.title, width - 2 * PAD, `600 16px ${family}`);
  const notes = data.notes.flatMap((note) => lines(note, width - 2 * PAD, `11px ${family}`));
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('xmlns', NS);
  if (data.stamp) {
    const told = document.createElementNS(NS, 'metadata');
    told.setAttribute('id', 'mvpod-stamp');
    told.textContent = data.stamp;
    svg.appendChild(told);
  }
  const paper = document.createElementNS(NS, 'rect');
  paper.setAttribute('width', '100%'); paper.setAttribute('height', '100%');
  paper.setAttribute('fill', style.backgroundColor);
  svg.appendChild(paper);
  let y = write(svg, title, PAD, PAD + HEAD - 4, 16, 600, style.color, family) - 8;
  for (const layer of plot.querySelectorAll('svg.main-svg')) {
    const copy = layer.cloneNode(true);
    copy.querySelectorAll('.hoverlayer, .zoomlayer, .modebar').forEach((node) => node.remove());
    copy.setAttribute('x', PAD); copy.setAttribute('y', y);
    copy.removeAttribute('style');
    svg.appendChild(copy);
  }
  y = write(svg, notes, PAD, y + box.height + LINE, 11, 400, style.color, family);
  svg.setAttribute('width', width); svg.setAttribute('height', y + PAD);
  svg.setAttribute('viewBox', `0 0 ${width} ${y + PAD}`);
  return svg;
}

function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function crc(bytes) {
  let rest = ~0;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xEDB88320 : 0);
  }
  return ~rest >>> 0;
}

/* a PNG with the stamp as a text of its metadata, right behind the header */
function stamped(blob, stamp) {
  const body = new TextEncoder().encode('tEXtmvpod-stamp' + String.fromCharCode(0) + atob(stamp));
  const chunk = new DataView(new ArrayBuffer(body.length + 8));
  chunk.setUint32(0, body.length - 4);
  body.forEach((byte, place) => chunk.setUint8(4 + place, byte));
  chunk.setUint32(4 + body.length, crc(body));
  return new Blob([blob.slice(0, 33), chunk.buffer, blob.slice(33)], { type: 'image/png' });
}

async function picture(format, data) {
  const plot = document.querySelector(`.st-key-${CSS.escape(data.card)} .js-plotly-plot`);
  if (!plot) return;
  const svg = compose(plot, data);
  const text = new XMLSerializer().serializeToString(svg);
  const drawing = new Blob([text], { type: 'image/svg+xml;charset=utf-8' });
  if (format === 'svg') return save(drawing, `${data.file}.svg`);
  const image = new Image();
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text);
  await image.decode();
  const canvas = document.createElement('canvas');
  const scale = 2;
  canvas.width = svg.getAttribute('width') * scale; canvas.height = svg.getAttribute('height') * scale;
  const ink = canvas.getContext('2d');
  ink.scale(scale, scale);
  ink.drawImage(image, 0, 0);
  canvas.toBlob((blob) => save(data.stamp ? stamped(blob, data.stamp) : blob, `${data.file}.png`), 'image/png');
}

export default function (component) {
  const { parentElement, data } = component;
  for (const button of parentElement.querySelectorAll('button[data-format]')) {
    button.textContent = data[button.dataset.format];
    button.onclick = () => picture(button.dataset.format, data);
  }
}
"""


@cache
def _components() -> dict[str, Any]:
    """Registered when first drawn: each name once for the whole process."""
    return {"frame": component("mvpod_frame", css=_CSS, js=_FRAME, isolate_styles=False),
            "picture": component("mvpod_picture", html=_PICTURE_HTML, css=_PICTURE_CSS, js=_PICTURE)}


def frame(lang: str, theme: str, shown: str, paths: list[str]) -> None:
    """The document's language and the wished theme ("light", "dark", "system"); `shown` is the theme as it is."""
    _components()["frame"](key="frame", data={"lang": lang, "theme": theme, "shown": shown, "paths": paths})


def pictures(card: str, *, title: str, notes: list[str], file: str, png: str, svg: str, stamp: str) -> None:
    """Two buttons that save the chart of `card` as PNG and SVG, made in the viewer's browser; `stamp` (ASCII) stands
    in their metadata, "": none."""
    _components()["picture"](key=f"picture_{card}", data={
        "card": card, "title": title, "notes": notes, "file": file, "png": png, "svg": svg,
        "stamp": b64encode(stamp.encode("ascii")).decode()})
