package safepath

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds a file name in bytes. File systems take 255; the rest is left
// for " (2)", a random part and ".partial".
const maxName = 200

// fallbackName stands for a name of which nothing usable is left.
const fallbackName = "file"

// SanitizeName turns a file name given by a server into one that is safe to
// create in a folder on every system: it has no path (only what follows the
// last slash or backslash is kept), no control, bidi or reserved characters, no
// trailing dots or blanks, is no device name of Windows, is valid UTF-8, is not
// longer than 200 bytes and keeps its extension. Ordinary names, including
// "foo..bar" and ".x.json", come back unchanged; a name without anything usable
// becomes "file".
func SanitizeName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(safeRune, strings.ToValidUTF8(name, "_"))
	name = trimName(name)
	name = shorten(name, maxName)
	if name == "" {
		return fallbackName
	}
	if isDevice(name) {
		name = "_" + name
	}
	return name
}

// safeRune keeps r, replaces it by an underscore where it has a meaning for
// some file system, or drops it (-1) where it is invisible.
func safeRune(r rune) rune {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f, unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
		return -1
	case strings.ContainsRune(`<>:"|?*/\`, r):
		return '_'
	case unicode.IsSpace(r):
		return ' '
	}
	return r
}

// trimName drops blanks around the name and the dots at its end, which Windows
// would drop by itself and so make two names one; "." and ".." vanish.
func trimName(name string) string {
	return strings.TrimLeft(strings.TrimRight(name, ". "), " ")
}

// shorten cuts name to at most n bytes between two runes and keeps a reasonable
// extension.
func shorten(name string, n int) string {
	if len(name) <= n {
		return name
	}
	ext := extension(name)
	cut := n - len(ext)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return trimName(name[:cut]) + ext
}

// extension returns the extension with its dot: two parts for ".tar.gz" and for
// detached signatures such as ".pdf.sig", nothing for a name that only starts
// with a dot or for a part that is too long to be an extension.
func extension(name string) string {
	const longest = 10
	ext := lastExtension(name, longest)
	if second := lastExtension(name[:len(name)-len(ext)], longest); ext != "" && second != "" {
		switch strings.ToLower(ext) {
		case ".gz", ".xz", ".zst", ".bz2", ".sig", ".sgn", ".p7s", ".asc", ".enc":
			return second + ext
		}
	}
	return ext
}

func lastExtension(name string, longest int) string {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || i == len(name)-1 || len(name)-i > longest || strings.Contains(name[i:], " ") {
		return ""
	}
	return name[i:]
}

// isDevice reports whether Windows takes name, with any extension, for a
// device: CON, PRN, AUX, NUL, CONIN$, CONOUT$, COM0–COM9, LPT0–LPT9 and the
// last two with a superscript digit.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	digit, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		digit, ok = strings.CutPrefix(stem, "LPT")
	}
	if !ok {
		return false
	}
	switch digit {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
		return true
	}
	return false
}
