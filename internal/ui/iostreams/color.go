package iostreams

// ColorEnabled reports whether stdout takes colour. The order is: the Color
// field (a flag), EPGU_COLOR (auto, always, never), NO_COLOR (no-color.org),
// CLICOLOR_FORCE, TERM=dumb, CLICOLOR=0, and last whether it is a terminal.
func (s *IOStreams) ColorEnabled() bool { return s.color(&s.stdout) }

// ErrColorEnabled is ColorEnabled for stderr.
func (s *IOStreams) ErrColorEnabled() bool { return s.color(&s.stderr) }

func (s *IOStreams) color(a *answers) bool {
	on := s.wantColor(a)
	if on && a.file != nil {
		enableSequences(a.file)
	}
	return on
}

func (s *IOStreams) wantColor(a *answers) bool {
	mode := s.Color
	if mode == ColorAuto {
		mode, _ = ParseColorMode(s.Getenv("EPGU_COLOR"))
	}
	switch mode {
	case ColorAlways:
		return true
	case ColorNever:
		return false
	}
	if s.Getenv("NO_COLOR") != "" {
		return false
	}
	if v := s.Getenv("CLICOLOR_FORCE"); v != "" && v != "0" {
		return true
	}
	if s.Dumb() || s.Getenv("CLICOLOR") == "0" {
		return false
	}
	return a.isTTY()
}

// Style paints text for one stream; the zero Style paints nothing.
type Style struct{ on bool }

// OutStyle returns the style of stdout.
func (s *IOStreams) OutStyle() Style { return Style{s.ColorEnabled()} }

// ErrStyle returns the style of stderr.
func (s *IOStreams) ErrStyle() Style { return Style{s.ErrColorEnabled()} }

func (st Style) paint(code, text string) string {
	if !st.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Bold makes text stand out. Like every method of Style it expects text that
// is already clean.
func (st Style) Bold(text string) string { return st.paint("1", text) }

// Dim makes text recede.
func (st Style) Dim(text string) string { return st.paint("2", text) }

// Red is for errors.
func (st Style) Red(text string) string { return st.paint("31", text) }

// Green is for what went well.
func (st Style) Green(text string) string { return st.paint("32", text) }

// Yellow is for warnings.
func (st Style) Yellow(text string) string { return st.paint("33", text) }

// Cyan is for names that can be typed: commands, flags.
func (st Style) Cyan(text string) string { return st.paint("36", text) }
