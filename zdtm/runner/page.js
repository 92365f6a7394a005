// SPDX-License-Identifier: GPL-2.0-only
// Filters rows by object, name and what stands in them; the choice lives in the address, behind the #.
"use strict";
const form = document.getElementById("filter"), detail = document.getElementById("detail");
const rows = [...document.querySelectorAll("tr[data-words]")];
const groups = [...document.querySelectorAll("tbody")];

function apply() {
	const words = [...form.querySelectorAll("input[name=word]:checked")].map(i => i.value);
	const object = form.object.value, text = form.text.value.toLowerCase(), differ = form.differ.checked;
	let shown = 0;

	for (const row of rows) {
		const has = row.dataset.words.split(" ");
		row.hidden = (object && row.dataset.object !== object) ||
			(text && !row.dataset.name.includes(text)) ||
			(words.length > 0 && !words.some(w => has.includes(w))) ||
			(differ && has.filter(w => w !== "nothing").length < 2);
		shown += !row.hidden;
	}
	for (const group of groups)
		group.hidden = !group.querySelector("tr[data-words]:not([hidden])");
	document.getElementById("count").textContent = shown + " of " + rows.length + " rows";

	const state = new URLSearchParams();
	if (object) state.set("object", object);
	if (text) state.set("text", text);
	if (words.length) state.set("words", words.join(","));
	if (differ) state.set("differ", "1");
	history.replaceState(null, "", state.size || state.toString() ? "#" + state : location.pathname + location.search);
}

function recall() {
	const state = new URLSearchParams(location.hash.slice(1));
	form.object.value = state.get("object") || "";
	form.text.value = state.get("text") || "";
	form.differ.checked = state.has("differ");
	const words = (state.get("words") || "").split(",");
	for (const box of form.querySelectorAll("input[name=word]"))
		box.checked = words.includes(box.value);
}

// A touch has no hover: what a cell's title says, it shows below.
document.querySelector("table").addEventListener("click", event => {
	const cell = event.target.closest("td.c");
	if (!cell || event.target.closest("a"))
		return;
	const row = cell.parentNode, head = document.querySelectorAll("thead th")[cell.cellIndex];
	const link = cell.querySelector("a");
	detail.replaceChildren();
	const close = document.createElement("button");
	close.textContent = "close";
	close.onclick = () => { detail.hidden = true; };
	const name = document.createElement("strong");
	name.textContent = row.dataset.name + ", " + head.firstChild.textContent + ": ";
	detail.append(close, name, cell.title || cell.textContent);
	if (row.cells[0].title)
		detail.append("\n" + row.cells[0].title);
	if (link) {
		const a = document.createElement("a");
		a.href = link.href;
		a.textContent = "log";
		detail.append("\n", a);
	}
	detail.hidden = false;
});
form.hidden = false;
form.addEventListener("input", apply);
form.addEventListener("submit", event => event.preventDefault());
window.addEventListener("hashchange", () => { recall(); apply(); });
recall();
apply();
