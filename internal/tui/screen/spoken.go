package screen

import tea "charm.land/bubbletea/v2"

// Speaking is a screen or dialog that knows how to be read and answered line by
// line, for people who do not see the screen. A screen that does not is read as it
// is drawn.
type Speaking interface{ Spoken(e *Env) Spoken }

// Spoken is what is said, and what is asked.
type Spoken struct {
	// Lines are read first.
	Lines []string
	// Ask are questions to be answered one after the other; Answer takes the
	// answers. done closes a dialog.
	Ask    []Question
	Answer func(e *Env, answers []string) (cmd tea.Cmd, done bool)
	// Rows is how many rows can be chosen by their number; Row reads one.
	Rows int
	Row  func(i int) string
	// Point puts the cursor on a row, so that the actions mean it.
	Point func(i int)
	// Choose takes a row as the answer; nil when rows are only pointed at.
	Choose func(i int) (cmd tea.Cmd, done bool)
}

// Question is one thing to be typed.
type Question struct {
	Label  string
	Hint   string
	Secret bool
	// Wrong says what was wrong with the last answer; "" when there was none.
	Wrong string
	// Given is the answer if nothing is typed.
	Given string
}
