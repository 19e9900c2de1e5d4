/// A whole page: no script, nothing loaded, readable on a phone and in the dark.
struct Page: Sendable {
  let title: String
  let content: HTML
  /// More for the head.
  var head: HTML = ""

  var bytes: [UInt8] {
    let page: HTML = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      \(markup: head)
      <style>\(markup: Self.style)</style>
      </head>
      <body>
      <main>
      <p class="mark">sallyport practice server</p>
      \(markup: content)
      </main>
      </body>
      </html>

      """
    return Array(page.text.utf8)
  }

  /// A page that only says something.
  static func notice(_ title: String, _ sentence: String) -> Page {
    Page(title: title, content: "<h1>\(title)</h1>\n<p>\(sentence)</p>")
  }

  private static let style: HTML = """
    :root { color-scheme: light dark; --page: #f3f4f1; --card: #fff; --ink: #1c2321; --soft: #59625e;
      --line: #cfd5d1; --accent: #0b6650; --on-accent: #fff; --warn: #9a3412; }
    @media (prefers-color-scheme: dark) {
      :root { --page: #131816; --card: #1c2320; --ink: #e8ece9; --soft: #a2ada7; --line: #3a4540;
        --accent: #5fd0ae; --on-accent: #06281f; --warn: #fdba74; }
    }
    * { box-sizing: border-box; }
    body { margin: 0; padding: 1rem; background: var(--page); color: var(--ink);
      font: 1rem/1.5 system-ui, sans-serif; }
    main { max-width: 27rem; margin: 4vh auto; padding: 1.5rem; background: var(--card);
      border: 1px solid var(--line); border-radius: .75rem; }
    h1 { margin: 0 0 1rem; font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere; }
    p { margin: 0 0 1rem; overflow-wrap: anywhere; }
    a { color: var(--accent); }
    code { font-size: .95em; }
    .mark { margin-bottom: 1.25rem; color: var(--soft); font-size: .85rem; letter-spacing: .02em; }
    .soft { color: var(--soft); font-size: .875rem; }
    .last { margin: 1.25rem 0 0; }
    .warn { color: var(--warn); }
    fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; min-width: 0; }
    legend { padding: 0; margin-bottom: .5rem; font-weight: 600; }
    .people { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: .75rem; }
    .people label { flex: 1 1 5rem; position: relative; }
    .people input { position: absolute; opacity: 0; inset: 0; width: 100%; height: 100%; margin: 0; }
    .people span { display: block; padding: .6rem; text-align: center; border: 1px solid var(--line);
      border-radius: .5rem; }
    .people input:checked + span { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent);
      color: var(--accent); font-weight: 600; }
    :focus-visible, .people input:focus-visible + span { outline: 2px solid var(--accent);
      outline-offset: 2px; }
    .other { display: block; color: var(--soft); font-size: .875rem; }
    .other input { display: block; width: 100%; margin-top: .25rem; padding: .6rem; font: inherit;
      font-size: 1rem; color: var(--ink); background: transparent; border: 1px solid var(--line);
      border-radius: .5rem; }
    .scope { display: flex; gap: .6rem; align-items: center; padding: .4rem 0;
      border-top: 1px solid var(--line); }
    .scope:last-of-type { border-bottom: 1px solid var(--line); }
    .scope input { flex: none; margin: 0; accent-color: var(--accent); }
    .scope span { min-width: 0; overflow-wrap: anywhere; }
    .actions { display: flex; gap: .75rem; }
    button { flex: 1; padding: .7rem 1rem; font: inherit; font-weight: 600; border-radius: .5rem;
      border: 1px solid var(--line); background: transparent; color: var(--ink); cursor: pointer; }
    button.main { flex: 2; background: var(--accent); border-color: var(--accent);
      color: var(--on-accent); }
    dl { margin: 0 0 1rem; }
    dt { color: var(--soft); font-size: .85rem; }
    dd { margin: 0 0 .6rem; overflow-wrap: anywhere; }
    """
}
