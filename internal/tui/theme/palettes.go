package theme

import "github.com/epgu-cli/epgu/internal/i18n"

func dark() *Theme {
	const bg, bar = "#10141c", "#1d2634"
	return build("dark", i18n.Text{RU: "тёмная", EN: "dark"}, [roles]Look{
		Plain:    {FG: "#dfe5ee", BG: bg},
		Muted:    {FG: "#9aa7b8", BG: bg},
		Strong:   {FG: "#ffffff", BG: bg, Bold: true},
		Accent:   {FG: "#6cb6ff", BG: bg},
		Good:     {FG: "#6fd694", BG: bg},
		Warning:  {FG: "#f2c14e", BG: bg, Bold: true},
		Bad:      {FG: "#ff8f87", BG: bg, Bold: true},
		Selected: {FG: "#ffffff", BG: "#1f4f86", Bold: true},
		Bar:      {FG: "#dfe5ee", BG: bar},
		BarKey:   {FG: "#8ec7ff", BG: bar, Bold: true},
		Field:    {FG: "#dfe5ee", BG: "#1d2634"},
		Focus:    {FG: "#ffffff", BG: "#2a3a52", Under: true},
		Shade:    {FG: "#75849a", BG: bg},
		Code:     {FG: "#000000", BG: "#ffffff"},
	})
}

func light() *Theme {
	const bg, bar = "#ffffff", "#e6edf6"
	return build("light", i18n.Text{RU: "светлая", EN: "light"}, [roles]Look{
		Plain:    {FG: "#1b2430", BG: bg},
		Muted:    {FG: "#556274", BG: bg},
		Strong:   {FG: "#000000", BG: bg, Bold: true},
		Accent:   {FG: "#0b57b7", BG: bg},
		Good:     {FG: "#0f6b36", BG: bg},
		Warning:  {FG: "#8a5300", BG: bg, Bold: true},
		Bad:      {FG: "#b3201a", BG: bg, Bold: true},
		Selected: {FG: "#ffffff", BG: "#0b57b7", Bold: true},
		Bar:      {FG: "#1b2430", BG: bar},
		BarKey:   {FG: "#0a4a9c", BG: bar, Bold: true},
		Field:    {FG: "#1b2430", BG: "#eef2f7"},
		Focus:    {FG: "#000000", BG: "#dbe7f6", Under: true},
		Shade:    {FG: "#6b7888", BG: bg},
		Code:     {FG: "#000000", BG: "#ffffff"},
	})
}

func contrast() *Theme {
	const bg = "#000000"
	return build("contrast", i18n.Text{RU: "контрастная", EN: "high contrast"}, [roles]Look{
		Plain:    {FG: "#ffffff", BG: bg},
		Muted:    {FG: "#e0e0e0", BG: bg},
		Strong:   {FG: "#ffffff", BG: bg, Bold: true},
		Accent:   {FG: "#7fd4ff", BG: bg, Under: true},
		Good:     {FG: "#7dff9b", BG: bg, Bold: true},
		Warning:  {FG: "#ffe14d", BG: bg, Bold: true},
		Bad:      {FG: "#ffb3ad", BG: bg, Bold: true},
		Selected: {FG: "#000000", BG: "#ffe14d", Bold: true},
		Bar:      {FG: "#000000", BG: "#ffffff", Bold: true},
		BarKey:   {FG: "#00309a", BG: "#ffffff", Bold: true},
		Field:    {FG: "#ffffff", BG: "#1a1a1a", Under: true},
		Focus:    {FG: "#000000", BG: "#ffffff", Bold: true},
		Shade:    {FG: "#ffffff", BG: bg},
		Code:     {FG: "#000000", BG: "#ffffff"},
	})
}

// ansi16 uses the sixteen colours of the terminal and its own background, and
// leaves what those look like to the person who chose them. Bars and the chosen
// row are reversed, which keeps whatever contrast the terminal has.
func ansi16() *Theme {
	return build("ansi", i18n.Text{RU: "16 цветов терминала", EN: "the terminal's 16 colours"}, [roles]Look{
		Plain:    {},
		Muted:    {},
		Strong:   {Bold: true},
		Accent:   {FG: "6", Bold: true},
		Good:     {FG: "2"},
		Warning:  {FG: "3", Bold: true},
		Bad:      {FG: "1", Bold: true},
		Selected: {Reverse: true, Bold: true},
		Bar:      {Reverse: true},
		BarKey:   {Reverse: true, Bold: true},
		Field:    {Under: true},
		Focus:    {Under: true, Bold: true},
		Shade:    {},
		Code:     {FG: "0", BG: "15"},
	})
}

// plain uses no colour at all.
func plain() *Theme {
	return build("plain", i18n.Text{RU: "без цвета", EN: "without colour"}, [roles]Look{
		Strong:   {Bold: true},
		Accent:   {Under: true},
		Warning:  {Bold: true},
		Bad:      {Bold: true},
		Selected: {Reverse: true},
		Bar:      {Reverse: true},
		BarKey:   {Reverse: true, Bold: true},
		Field:    {Under: true},
		Focus:    {Under: true, Bold: true},
		Code:     {Reverse: true},
	})
}
