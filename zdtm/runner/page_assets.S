/* SPDX-License-Identifier: GPL-2.0-only */
/* What the page carries inside it, as text that ends with a NUL. */
	.section .rodata
	.global page_css, page_js
page_css:
	.incbin "zdtm/runner/page.css"
	.byte 0
page_js:
	.incbin "zdtm/runner/page.js"
	.byte 0
	.section .note.GNU-stack, "", @progbits
