(() => {
  const main = document.querySelector("main"), live = document.querySelector("#live"), footer = document.querySelector("footer");
  const button = document.createElement("button");
  let paused = false, lost = false;
  const tell = (text, kind) => { live.className = kind; if (live.textContent !== text) live.textContent = text; };
  const places = () => [...main.querySelectorAll("a,summary")];
  const show = (page) => {
    const fresh = page.querySelector("main"), icon = page.querySelector("link[rel=icon]");
    const said = (of) => of.querySelector("h1")?.nextElementSibling?.textContent.trim();
    const news = page.title !== document.title && page.title;
    const open = [...main.querySelectorAll("details[open]")].map((part) => part.id);
    const focus = places().indexOf(document.activeElement);
    for (const id of open) { const part = fresh.querySelector("#" + id); if (part) part.open = true; }
    main.replaceChildren(...fresh.childNodes);
    places()[focus]?.focus({ preventScroll: true });
    if (icon) document.querySelector("link[rel=icon]").href = icon.href;
    if (news || lost) { document.title = page.title; tell(news || "", "news"); }
    lost = false;
  };
  const update = async () => {
    if (paused || document.hidden || !getSelection().isCollapsed) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) throw answer.status;
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      lost = true;
      document.title = "? " + document.title.replace(/^\? /, "");
      tell("ssowatch does not answer: this page shows how things stood at " + main.querySelector("time").textContent + ".", "");
    }
  };
  const label = () => { button.textContent = paused ? "Update again" : "Pause updates"; };
  button.type = "button";
  button.onclick = () => { paused = !paused; label(); update(); };
  label();
  footer.append(button);
  setInterval(update, 30000);
  document.addEventListener("visibilitychange", update);
})();
