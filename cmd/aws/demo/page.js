// Fetches data.bin every way, says how long that took, and whether the bytes are the
// same. The page is whole without it.
(async () => {
	let first, same = true;
	const ways = [...document.querySelectorAll("article")];
	for (const way of ways) {
		const out = way.querySelector("output");
		try {
			const begun = performance.now();
			const answer = await fetch(way.dataset.from + "data.bin", { cache: "no-store" });
			if (!answer.ok) throw new Error(answer.status);
			const bytes = new Uint8Array(await answer.arrayBuffer());
			const took = performance.now() - begun;
			first ??= bytes;
			const equal = bytes.length === first.length && bytes.every((b, i) => b === first[i]);
			same &&= equal;
			out.textContent = `${(bytes.length / 2 ** 20).toFixed(0)} MiB in ${took.toFixed(took < 10 ? 1 : 0)} ms`;
			out.className = equal ? "good" : "bad";
		} catch (err) {
			same = false;
			out.textContent = `not fetched: ${err.message}`;
			out.className = "bad";
		}
	}
	const verdict = document.getElementById("verdict");
	verdict.textContent = same ? `${ways.length} ways, and the same bytes each time.` : "Not every way gave the same bytes.";
	verdict.className = same ? "good" : "bad";
})();
