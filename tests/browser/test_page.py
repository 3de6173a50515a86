"""The pages in a real browser: they load nothing, run nothing, and can be read by all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_samples import HOSTILE_NAMES, bundled_sample, curve, hostile_sample, page_of, sample
from playwright.sync_api import Browser, Page

from emergence.errors import shorten
from emergence.pages.landing import landing_page
from emergence.pages.links import anchor

pytestmark = [
    pytest.mark.browser,
    # A browser without a graphics card takes half of a suite's minutes.
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore:Glyph .* missing from font"),
]

PAGES = ("bundled", "hostile", "landing", "synthetic")

#: A violation below these says how a page could be better, not who is shut out.
GRAVE = {"serious", "critical"}


#: By how much what was there has moved since the page was opened.
SHIFTED = """() => new Promise((done) => {
    let moved = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) moved += entry.value;
    }).observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(moved), 100);
})"""


@pytest.fixture(scope="session")
def pages(browser, tmp_path_factory) -> dict[str, Path]:
    """The pages as files, laid out as the workflow lays them out."""
    folder = tmp_path_factory.mktemp("reports")
    bundled = bundled_sample()
    synthetic = sample(curve([0, 0.1, 0.2, 0.5]), synthetic=True)
    # Links lead to the folder that bears the dataset's name.
    summaries = {"bundled": {**bundled.summary, "dataset": "bundled"}}
    titles = {"bundled": "Bundled", "hostile": "</script><script>document.title='owned'</script>"}
    texts = {
        "bundled/index.html": page_of(bundled),
        # All that the page has, but fewer rows: axe needs 10 ms for each element.
        "brief/index.html": page_of(bundled, top_curves=1, page_rows=12),
        "hostile/index.html": page_of(hostile_sample(), top_curves=1),
        "synthetic/index.html": page_of(synthetic),
        "index.html": landing_page(titles, summaries, {}, {}),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    files = {name.split("/")[0]: folder / name for name in texts}
    files["landing"] = files.pop("index.html")
    return files


#: Axe describes every element that passes, which takes as long as to look at it.
BRIEFLY = {"resultTypes": ["violations"]}


class Visit:
    """A page opened from disk, with all that it asked for and complained of."""

    def __init__(self, browser: Browser, path: Path, address: str = "", **options) -> None:
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.url = path.as_uri()
        self.requests: list[str] = []
        self.failures: list[str | None] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.failures.append(request.failure))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(self.url + address, wait_until="load")

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def style(self, selector: str, name: str) -> str:
        script = f"e => getComputedStyle(e).getPropertyValue('{name}')"
        return self.page.eval_on_selector(selector, script)


@pytest.fixture
def visit(browser, pages):
    """Open one of the pages."""

    def start(name: str, **options) -> Visit:
        return Visit(browser, pages[name], **options)

    return start


@pytest.mark.parametrize("name", PAGES)
def test_it_asks_for_nothing_but_itself_and_complains_of_nothing(visit, name):
    with visit(name) as seen:
        seen.page.mouse.wheel(0, 10_000)
        seen.page.wait_for_load_state("networkidle")
        assert [url for url in seen.requests if not url.startswith("data:")] == [seen.url]
        assert seen.complaints == []
        assert seen.page.evaluate(SHIFTED) < 0.02, "nothing jumps"


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("brief", "light"), ("brief", "dark"), ("landing", "light"), ("hostile", "light")],
)
def test_nobody_is_shut_out(visit, name, scheme):
    """Contrast is judged in both schemes; names, roles and the outline once."""
    only = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    with visit(name, color_scheme=scheme) as seen:
        # The policy of the page lets no script in: axe comes as the browser's own.
        results = Axe().run(seen.page, options=BRIEFLY | only).response
        assert "color-contrast" in {rule["id"] for rule in results["passes"]}, "it did look"
        violations = results["violations"]
        grave = {v["id"]: v["nodes"][0]["html"] for v in violations if v["impact"] in GRAVE}
        assert grave == {}


def test_dark_follows_the_reader_and_figures_follow_the_page(visit):
    colours = {}
    for scheme in ("light", "dark"):
        with visit("bundled", color_scheme=scheme) as seen:
            paper, ink = seen.style("html", "background-color"), seen.style("html", "color")
            mark = seen.style("figure svg use[style*='--series']", "fill")
            label = seen.style("figure svg text", "fill")
            assert label == ink
            assert len({paper, ink, mark}) == 3
            colours[scheme] = (paper, ink, mark)
    assert all(a != b for a, b in zip(colours["light"], colours["dark"], strict=True))


def test_print_is_dark_on_white_whatever_the_reader_prefers(visit):
    with visit("bundled", color_scheme="dark", viewport={"width": 718, "height": 1000}) as seen:
        seen.page.emulate_media(media="print", color_scheme="dark")
        assert seen.style("html", "background-color") == "rgb(255, 255, 255)"
        assert seen.style("nav", "display") == "none"
        # Paper does not scroll: no table may be wider than an A4 page with its margins.
        for width in overflow(seen.page):
            assert width < 1
        printed = seen.page.pdf(format="A4")
        assert printed.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) < 40


def overflow(page: Page) -> list[float]:
    """By how much the page, and each of its tables and figures, exceeds the window."""
    return page.evaluate(
        "() => [document.documentElement, ...document.querySelectorAll('table, svg, pre')]"
        ".map(e => e.getBoundingClientRect().left"
        " + Math.max(e.scrollWidth, e.getBoundingClientRect().width) - window.innerWidth)"
    )


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [360, 1100])
def test_the_page_is_never_scrolled_sideways(visit, name, width):
    """Wide tables scroll inside their own frame; the text stays where it is."""
    with visit(name, viewport={"width": width, "height": 800}) as seen:
        assert seen.page.evaluate("() => document.documentElement.scrollWidth") <= width
        seen.page.mouse.wheel(500, 0)
        assert seen.page.evaluate("() => window.scrollX") == 0


def test_labels_of_the_figure_can_be_read_on_a_telephone(visit):
    """Shrunk to 320 pixels its letters were 4 pixels high."""
    with visit("bundled", viewport={"width": 360, "height": 800}) as seen:
        heights = seen.page.eval_on_selector_all(
            "figure svg text", "all => all.map(e => e.getBoundingClientRect().height)"
        )
        assert min(heights) > 9


def test_what_scrolls_can_be_reached_with_the_keyboard_and_has_a_name(visit):
    with visit("bundled", viewport={"width": 360, "height": 800}) as seen:
        # What is folded away is reached when it is opened.
        seen.page.eval_on_selector_all("details", "all => all.forEach(e => { e.open = true; })")
        frames = seen.page.query_selector_all(".scroll")
        assert len(frames) >= 3
        for frame in frames:
            assert frame.get_attribute("tabindex") == "0"
            assert frame.get_attribute("aria-label")
            frame.focus()
            assert frame.evaluate("e => e === document.activeElement")


def test_a_caption_stays_in_sight_while_its_table_scrolls(visit):
    with visit("bundled", viewport={"width": 360, "height": 800}) as seen:
        boxes = seen.page.eval_on_selector_all(
            ".scroll caption",
            """all => all.map(e => {
                e.closest('.scroll').scrollLeft = 200;
                const box = e.getBoundingClientRect();
                return [box.left, box.right];
            })""",
        )
        assert boxes
        for left, right in boxes:
            assert 0 <= left < right <= 360


@pytest.mark.parametrize("name", ["bundled", "hostile"])
def test_every_link_inside_the_page_leads_somewhere(visit, name):
    with visit(name) as seen:
        links = seen.page.eval_on_selector_all(
            "a[href^='#']", "all => [...new Set(all.map(e => e.getAttribute('href')))]"
        )
        assert len(links) >= 9
        # A click on each of hundreds would take half a minute: the address has the same effect.
        seen.page.click(f"a[href='{links[0]}']")
        assert seen.page.evaluate("() => location.hash") == links[0]
        reached = seen.page.evaluate(
            "links => links.map(link => { location.hash = link;"
            " return document.querySelector(':target')?.id; })",
            links,
        )
        assert [f"#{target}" for target in reached] == links


def test_without_scripts_at_twice_the_size_by_keyboard_alone(visit, pages):
    """A colleague's link to a task leads to its row, whatever the task is called."""
    options = {"java_script_enabled": False, "device_scale_factor": 2}
    with visit("hostile", viewport={"width": 640, "height": 450}, **options) as seen:
        page = seen.page
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 640
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.querySelector(':target').id") == "result"
        for name in HOSTILE_NAMES:
            page.goto(f"{seen.url}#{anchor('task', name)}")
            row = page.query_selector("tr:target")
            assert row.query_selector("th").inner_text() == shorten(name, 60).rstrip()
            assert row.is_visible()
        # The explorer writes its addresses in the script's way; both are the same.
        short = [name for name in HOSTILE_NAMES if len(name) <= 120]
        written = page.evaluate("names => names.map(encodeURIComponent)", short)
        assert [anchor("task", name) for name in short] == [f"task={text}" for text in written]


def test_the_landing_page_leads_to_the_report_and_back(visit, pages):
    with visit("landing") as seen:
        seen.page.click("a[href='bundled/index.html']")
        assert seen.page.url == pages["bundled"].as_uri()
        seen.page.click("a[href='../index.html']")
        assert seen.page.url == pages["landing"].as_uri()


@pytest.mark.parametrize("name", ["hostile", "landing"])
def test_hostile_names_run_nothing(visit, name):
    with visit(name) as seen:
        # Every event that a planted attribute could wait for.
        for element in seen.page.query_selector_all("h1, h3, td:first-child, th")[:40]:
            element.dispatch_event("mouseover")
            element.dispatch_event("click")
        assert "owned" not in seen.page.title().replace("document.title='owned'", "")
        assert seen.page.query_selector_all("script, img, iframe, object, h1 + h1") == []
        assert seen.complaints == []


def test_even_a_planted_script_would_not_run(browser, tmp_path, pages):
    """The page's own policy is a second wall, should an escape ever be forgotten."""
    path = tmp_path / "planted.html"
    planted = (
        "<script>document.title='owned'</script>"
        "<img src=x onerror=\"document.title='owned'\">"
        "<img src='https://example.org/beacon.png'>"
    )
    text = pages["bundled"].read_text(encoding="utf-8").replace("<main>", "<main>" + planted)
    path.write_text(text, encoding="utf-8")
    with Visit(browser, path) as seen:
        assert seen.page.title().startswith("Emergence scores")
        assert seen.page.evaluate("() => document.images[1].naturalWidth") == 0
        # Asked for, and stopped by the policy before anything left the browser.
        assert set(seen.failures) == {"csp"}
        assert len(seen.failures) == len(seen.requests) - 1 == 2
        assert len(seen.complaints) >= 3
