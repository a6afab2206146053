package xlsx

import (
	"strconv"
	"strings"
)

// styles are the cell formats, reduced to what changes the meaning of a number.
type styles []style

type style struct {
	date bool
	pad  uint8 // digits that a format such as 000000000 shows at least
}

func (w *Workbook) readStyles(part string) error {
	formats := map[int]string{}
	inside := false
	return w.walk(part, func(t *tokens, name string) error {
		switch name {
		case "numFmt":
			if id, err := strconv.Atoi(string(t.attribute("numFmtId"))); err == nil && len(formats) < styleLimit {
				formats[id] = string(appendText(nil, t.attribute("formatCode")))
			}
		case "cellXfs":
			inside = true
		case "cellStyles", "dxfs":
			inside = false
		case "xf":
			if inside && len(w.styles) < styleLimit {
				id, _ := strconv.Atoi(string(t.attribute("numFmtId")))
				w.styles = append(w.styles, styleOf(id, formats[id]))
			}
		}
		return nil
	})
}

// styleOf reads a format. The built-in dates are those of ECMA-376,
// 18.8.30, with the ones of the East Asian locales.
func styleOf(id int, code string) style {
	if code == "" {
		return style{date: id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58}
	}
	if n := len(code); n > 1 && n < 40 && strings.Trim(code, "0") == "" {
		return style{pad: uint8(n)}
	}
	return style{date: dateFormat(code)}
}

// dateFormat reports whether a format shows days: it has d, m or y outside of
// quotes, brackets and escapes.
func dateFormat(code string) bool {
	code, _, _ = strings.Cut(code, ";")
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '\\', '_', '*':
			i++
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return false
			}
			i += end + 1
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return false
			}
			i += end
		case 'd', 'D', 'm', 'M', 'y', 'Y':
			return true
		}
	}
	return false
}
