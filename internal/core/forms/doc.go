// Package forms turns the form of a service into values that the portal will
// take: it says what is asked for the answers so far, prefills what is known,
// reads what people give in any way, and reports everything that is wrong with
// it at once. It knows no portal and no terminal: commands, files and the
// full-screen wizard are all built on it.
//
// # The tree of values
//
// Answers are one tree of JSON values (map[string]any, []any, texts, booleans,
// json.Number) and every place in it has a path: lastName, address.city,
// children[0].lastName; items count from 0. A path of the form itself has [] in
// place of indexes: children[].lastName.
//
//	Parse            a form of its JSON Schema 2020-12 with "x-epgu" (docs/api/forms.md)
//	ReadValues       a tree of a YAML or JSON file; scalars are taken as they are written
//	Assignments      a tree of --set path=value
//	Merge            layers over each other, item by item
//	Form.Coerce      what people write, in the types, masks and dates of the form
//	Form.Settle      what can be sent: computed values set, what is not asked left out
//	Form.Validate    everything that is wrong, in the order of the form
//	Leaves           a tree as paths with scalars
//
// # Filling a form, step by step
//
// A wizard holds one Filling (Form.Fill) and draws what it says:
//
//	Steps()               pages with what is asked now: fields, groups, items, each an Entry with path,
//	                      field (title, hint, mask, options, example), value as text, whether it is
//	                      required, where it was prefilled from and what is wrong with it
//	Choices(path, text)   options of a field, or entries of its dictionary with these words
//	Set(path, text)       an answer as typed; the error says what was expected and the answer is not kept
//	SetValue(path, v)     an answer of the right type already (an option, a boolean)
//	Suggestions(path)     what registers know for a repeated group
//	AddItem, RemoveItem   items of a repeated group
//	Problems, Check       everything that is wrong with the whole
//	Review()              the answers that would be sent, with headings, as people read them
//	Fee()                 what the answers cost
//	Attachments(all)      documents that go with the answers, required or not
//	Values()              what is to be sent
//	Draft()               all answers as they are, for a draft; Fill takes them back
//
// After every change Steps is asked again: an answer can open or close others.
// Errors of Set and AddItem are faults (internal/fault) whose Message is meant
// for people in both languages.
package forms
