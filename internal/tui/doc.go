// Package tui is the full-screen interface of the cabinet. Root is its only model
// of Bubble Tea: it shows one screen of a stack, dialogs over it, and gives every
// key to whoever it is for. Only app and the driver of the tests import it.
//
// # The house
//
//	tui            the root: keys, header, footer, palette, dialogs, cache
//	tui/screen     the contract: what a screen is and what it may ask of the root
//	tui/screens/…  a folder per screen
//	tui/registry   the list of screens, one line each
//	tui/kit        lists, fields, forms, dialogs, columns, progress
//	tui/rows       long lists in little memory, searched while a person types
//	tui/view       spans, rows, frames: text is cleaned and measured here
//	tui/theme      what the roles of text look like
//	tui/keymap     what keys are called, on both layouts
//	tui/term       raw mode, keys in, frames out
//	tui/drive      the headless driver of the tests
//
// # To add a screen
//
// Make a folder under tui/screens with
//
//   - source.go: an interface Source with just what the screen needs, and
//     Over(f *factory.Factory) Source, which does it over internal/core. Every
//     method takes a context first and may wait; nothing in it knows the screen.
//   - the screen: a struct with Open, Update, Draw and Actions (screen.Screen),
//     and Entry(src Source) screen.Entry, or Entries for several that belong
//     together (a list and its card).
//   - a test with a Source of its own, driven by tui/drive, with golden frames in
//     both languages at 80×24 and 120×40.
//
// and one line in tui/registry. Nothing else knows the screen: its keys, footer,
// help, palette and log of commands come from Actions, its objects in the palette
// from Entry.Objects.
//
// # What a screen must keep to
//
//   - Nothing waits in Open, Update, Draw and Actions. Whatever waits is a
//     tea.Cmd. Data is a screen.Load: it keeps the old value while it loads,
//     cancels the load before it, and shows what was cached at the start. A
//     message that arrives is given to every screen: take only your own.
//   - Draw touches only what is seen. A list is a kit.List over rows.Rows, whose
//     first cell is the key of the row.
//   - Text of a server goes through view.Text, view.Say or view.Wrap, which
//     clean it. A span is never made by hand from such text.
//   - An action says in Command which command equals it, as it would be typed now,
//     and in Off why it cannot be done now. While text is typed (screen.Typing)
//     only keys with Ctrl or Alt, function keys and Esc are actions.
//   - A dialog that opens when an answer arrives is ByItself: it takes no keys
//     until they have been quiet for a moment, so that nothing typed for something
//     else answers it. What cannot be undone is asked by kit.Confirm, whose answer
//     to begin with is to do nothing; money and what has a name by kit.Typed.
//   - Money is never sent by anything but the engine that the commands use.
//   - No meaning by colour alone: a word or a sign says the same.
//   - Texts are i18n values rendered in Draw, so that the language can change while
//     the screen is open. Values that are kept in rows are the same in both.
//   - Nothing is drawn by a clock. What moves sends a message when it has moved.
package tui
