package catalog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// places lists the paths of values that a path of the form stands for.
func (v *intake) places(path string) []string {
	head, rest, found := strings.Cut(path, "[]")
	if !found {
		return []string{path}
	}
	n, _ := v.items(head)
	var out []string
	for i := range min(n, maxItems) {
		out = append(out, v.places(fmt.Sprintf("%s[%d]%s", head, i, rest))...)
	}
	return out
}

// day reads today, today-14y, today+30d, today-3m.
func (v *intake) day(s string) (string, error) {
	today, err := time.Parse(time.DateOnly, v.today)
	if err != nil {
		return "", err
	}
	shift := strings.TrimPrefix(s, "today")
	if shift == "" {
		return v.today, nil
	}
	n, err := strconv.Atoi(shift[:len(shift)-1])
	if err != nil {
		return "", err
	}
	switch shift[len(shift)-1] {
	case 'y':
		today = today.AddDate(n, 0, 0)
	case 'm':
		today = today.AddDate(0, n, 0)
	case 'd':
		today = today.AddDate(0, 0, n)
	default:
		return "", fmt.Errorf("%q is no day", s)
	}
	return today.Format(time.DateOnly), nil
}

// rule notes where a rule about several fields is broken. What is not filled in
// is no matter of it.
func (v *intake) rule(r *Rule) {
	broken := func(at string) { v.add(at, "rule", i18n.Message{Text: r.Message}) }
	switch r.Kind {
	case "any":
		if v.partial || !r.When.holds(v.values, r.At) {
			return
		}
		for _, name := range r.Fields {
			if v.values[name] != "" {
				return
			}
		}
		broken(r.At)
		return
	case "unique":
		seen := map[string]bool{}
		for _, at := range v.places(r.At) {
			x := strings.ToLower(v.values[at])
			if x != "" && r.When.holds(v.values, at) && seen[x] {
				broken(at)
			}
			seen[x] = true
		}
		return
	case "sum":
		var sum int64
		last := ""
		for _, at := range v.places(r.At) {
			if !r.When.holds(v.values, at) || v.values[at] == "" {
				continue
			}
			n, err := strconv.ParseInt(v.values[at], 10, 64)
			if err != nil {
				return
			}
			sum, last = sum+n, at
		}
		if last != "" && sum != *r.Equals && !v.partial {
			broken(last)
		}
		return
	}
	for _, at := range v.places(r.At) {
		x := v.values[at]
		if x == "" || !r.When.holds(v.values, at) {
			continue
		}
		y := v.values[beside(r.Of, at)]
		if strings.HasPrefix(r.Of, "today") {
			var err error
			if y, err = v.day(r.Of); err != nil {
				continue
			}
		}
		if y == "" || !v.dated(at, x) || !strings.HasPrefix(r.Of, "today") && !v.dated(beside(r.Of, at), y) {
			continue // what is no date is told already
		}
		c := strings.Compare(x, y)
		if a, err := strconv.ParseInt(x, 10, 64); err == nil {
			if b, err := strconv.ParseInt(y, 10, 64); err == nil {
				c = 0
				if a != b {
					c = 1
				}
				if a < b {
					c = -1
				}
			}
		}
		if r.Kind == "notBefore" && c < 0 || r.Kind == "notAfter" && c > 0 || r.Kind == "different" && c == 0 {
			broken(at)
		}
	}
}

// compute sets the values that follow from others. An age is the portal's own to
// reckon; a count or a sum that was sent must be right.
func (v *intake) compute(fields []Field, at string) {
	for i := range fields {
		f := &fields[i]
		path := join(at, f.Name)
		switch {
		case f.Type == "object":
			v.compute(f.Fields, path)
		case f.Type == "list":
			n, _ := v.items(path)
			for k := range n {
				v.compute(f.Fields, fmt.Sprintf("%s[%d]", path, k))
			}
		case f.Compute != nil:
			v.follow(f, path)
		}
	}
}

func (v *intake) follow(f *Field, path string) {
	of := beside(f.Compute.Of, path)
	switch f.Compute.Kind {
	case "age":
		born, err := time.Parse(time.DateOnly, v.values[of])
		today, err2 := time.Parse(time.DateOnly, v.today)
		if err != nil || err2 != nil || today.Before(born) {
			delete(v.values, path)
			return
		}
		age := today.Year() - born.Year()
		if today.Format("01-02") < born.Format("01-02") {
			age--
		}
		v.values[path] = strconv.Itoa(age)
	case "count":
		n, _ := v.items(of)
		v.reckoned(f, path, int64(n))
	case "sum":
		var sum int64
		for _, at := range v.places(of) {
			n, err := strconv.ParseInt(v.values[at], 10, 64)
			if err != nil {
				return // that value is reported itself
			}
			sum += n
		}
		v.reckoned(f, path, sum)
	}
}

func (v *intake) reckoned(f *Field, path string, n int64) {
	right := strconv.FormatInt(n, 10)
	if given := v.values[path]; given != "" && given != right && !v.partial {
		v.add(path, "computed", textComputed.With(f.Title, right))
		return
	}
	if !v.partial {
		v.values[path] = right
	}
}

// dated reports whether a value is a date where one is asked for.
func (v *intake) dated(path, value string) bool {
	f := v.s.Field(path)
	if f == nil || f.Type != "date" {
		return true
	}
	_, err := time.Parse(time.DateOnly, value)
	return err == nil
}
