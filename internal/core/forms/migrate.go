package forms

import "slices"

// Migration says what became of answers that an earlier version of the form
// had asked for.
type Migration struct {
	Moved []Moved // in the order of the old paths
	Lost  []Leaf  // this version asks for nothing like them
}

// Moved is an answer that stands elsewhere now.
type Moved struct {
	From, To string
	Value    any
}

// Migrate puts answers to an earlier version of the form where this version
// asks for them: each field says which paths it had before ("was"), and a group
// that was renamed takes its fields along. Answers for which there is no place
// left are not in the result and are listed. Answers to the present version come
// back as they are; values is not changed.
func (f *Form) Migrate(values map[string]any) (map[string]any, Migration) {
	out := cloneTree(values)
	var m Migration
	strangers := f.Strangers(values)
	if len(strangers) == 0 {
		return out, m
	}
	f.prune(out, nil) // what has no place of its own must not stand in the way
	for _, leaf := range strangers {
		p, err := parsePath(leaf.Path)
		if err == nil {
			if to, ok := f.renamed(p); ok {
				to = f.room(out, to)
				if old, _ := get(out, to); blank(old) && put(out, to, leaf.Value) == nil {
					m.Moved = append(m.Moved, Moved{leaf.Path, to.String(), leaf.Value})
					continue
				}
			}
		}
		if !blank(leaf.Value) {
			m.Lost = append(m.Lost, leaf)
		}
	}
	return out, m
}

// renamed finds where an answer stands now that stood at p: by what the form
// says of the field itself, else of the nearest group above it.
func (f *Form) renamed(p path) (path, bool) {
	for cut := len(p); cut > 0; cut-- {
		was := schemaPath(p[:cut]).String()
		for _, fd := range f.all {
			if !slices.Contains(fd.Was, was) {
				continue
			}
			to, ok := numbered(fd.path, p[:cut])
			if !ok {
				continue
			}
			to = append(to, p[cut:]...)
			if now := f.byPath[to.schema()]; now != nil && len(now.Fields) == 0 {
				return to, true
			}
			if n := len(to); to[n-1].name == "" { // an item of a list of scalars
				if now := f.byPath[to[:n-1].schema()]; now != nil && len(now.Fields) == 0 {
					return to, true
				}
			}
		}
	}
	return nil, false
}

// numbered puts the indexes of an old place into the brackets of a new path.
// What stood alone becomes the first of a list; of a list only the first can
// stand alone.
func numbered(to, old path) (path, bool) {
	var indexes []int
	for _, e := range old {
		if e.name == "" {
			indexes = append(indexes, e.index)
		}
	}
	out := slices.Clone(to)
	for i := range out {
		if out[i].name != "" {
			continue
		}
		out[i].index = 0
		if len(indexes) > 0 {
			out[i].index, indexes = indexes[0], indexes[1:]
		}
	}
	return out, !slices.ContainsFunc(indexes, func(n int) bool { return n > 0 })
}

// room keeps the place of an item of which nothing is left before one of which
// something is: without it there would be no place for the second one. Of a list
// of plain values the next place is taken.
func (f *Form) room(out map[string]any, to path) path {
	to = slices.Clone(to)
	for i, e := range to {
		if e.name != "" {
			continue
		}
		at, _ := get(out, to[:i])
		list, ok := at.([]any)
		if at != nil && !ok || e.index <= len(list) {
			continue
		}
		if fd := f.byPath[to[:i].schema()]; fd == nil || len(fd.Fields) == 0 {
			to[i].index = len(list)
			continue
		}
		for len(list) < e.index {
			list = append(list, map[string]any{})
		}
		if put(out, to[:i], list) != nil {
			return to
		}
	}
	return to
}

// prune takes out what the form has no field for, and the groups that are empty
// then.
func (f *Form) prune(m map[string]any, at path) {
	for name, v := range m {
		here := at.child(name)
		fd := f.byPath[here.schema()]
		switch {
		case fd == nil:
			delete(m, name)
		case len(fd.Fields) == 0:
			if sub, ok := v.(map[string]any); ok && len(sub) > 0 {
				delete(m, name) // a group where now one value stands
			}
		default:
			f.pruneGroup(m, name, here, fd)
		}
	}
}

func (f *Form) pruneGroup(m map[string]any, name string, here path, fd *Field) {
	switch v := m[name].(type) {
	case map[string]any:
		if fd.Type != Object {
			delete(m, name)
			return
		}
		f.prune(v, here)
	case []any:
		if fd.Type != List {
			delete(m, name)
			return
		}
		for i, item := range v {
			if sub, ok := item.(map[string]any); ok {
				f.prune(sub, here.item(i))
			}
		}
	default:
		if !blank(v) { // one value where now a group stands
			delete(m, name)
		}
	}
}

// Lasting are the answers that are worth keeping for another time: neither what
// is secret or reckoned, nor what the profile and the registers say in the same
// words anyway.
func (f *Form) Lasting(known Known, values map[string]any) map[string]any {
	out, _ := f.Migrate(values)
	for i := range f.all {
		fd := f.all[i]
		if len(fd.Fields) > 0 {
			continue
		}
		for _, p := range places(out, fd.path) {
			v, ok := get(out, p)
			if !ok {
				continue
			}
			said, known := known.said(p)
			if fd.Secret || fd.Computed != nil || known && equal(said, v) {
				remove(out, p)
			}
		}
	}
	return out
}

// said is what the profile or a register says at p.
func (k Known) said(p path) (any, bool) {
	if slices.Contains(k.Reused, p.String()) {
		return nil, false
	}
	return get(k.Values, p)
}
