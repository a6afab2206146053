package gusmev

import (
	_ "embed" // the dictionaries
	"encoding/json"
	"net/http"
	"sync"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

//go:embed data/dictionaries.json
var dictionaryData []byte

type entry struct {
	Value      string                    `json:"value"`
	Parent     string                    `json:"parent"`
	Title      untrusted.Text            `json:"title"`
	Attributes map[string]untrusted.Text `json:"attributes"`
}

var dictionaries = sync.OnceValues(func() (map[string][]entry, error) {
	var all map[string][]entry
	return all, json.Unmarshal(dictionaryData, &all)
})

// Codes of a dictionary's answer.
const (
	dictionaryDone     = 0
	dictionaryNotFound = 7
)

// dictionary is POST /api/nsi/v1/dictionary/{code} (SPEC-1.13, section 3): a
// page of training entries. Nobody has to sign in.
func (f *face) dictionary(w http.ResponseWriter, r *http.Request) error {
	q := wire.DictionaryRequest{PageNum: 1, PageSize: 100_000} // without the two every entry is given
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxMeta)).Decode(&q); err != nil {
		return badRequest("нужен объект JSON", "a JSON object is needed")
	}
	if q.PageNum < 1 || q.PageNum > maxPageNum || q.PageSize < 1 || q.PageSize > 100_000 {
		return badRequest("pageNum — от 1, pageSize — от 1", "pageNum counts from 1, pageSize from 1")
	}
	all, err := dictionaries()
	if err != nil {
		return err
	}
	out := wire.Dictionary{FieldErrors: []json.RawMessage{}, Items: []wire.DictionaryItem{}}
	list, ok := all[r.PathValue("code")]
	if !ok {
		out.Error.Code, out.Error.Message = dictionaryNotFound, "Entity not found"
		problem.JSON(w, http.StatusOK, out)
		return nil
	}
	out.Error.Code, out.Error.Message = dictionaryDone, "operation completed"
	var match []entry
	for _, e := range list {
		if under(list, e, q) {
			match = append(match, e)
		}
	}
	out.Total = len(match)
	from := min((q.PageNum-1)*q.PageSize, len(match))
	for _, e := range match[from:min(from+q.PageSize, len(match))] {
		item := wire.DictionaryItem{Value: e.Value, Title: e.Title, IsLeaf: leaf(list, e.Value), AttributeValues: e.Attributes,
			Children: []wire.DictionaryItem{}, Attributes: []json.RawMessage{}}
		if e.Parent != "" {
			item.ParentValue = &e.Parent
		}
		if item.AttributeValues == nil {
			item.AttributeValues = map[string]untrusted.Text{}
		}
		out.Items = append(out.Items, item)
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// under reports whether an entry belongs to the answer: ONELEVEL gives the
// children of the parent (the roots without one), SUBTREE everything below.
func under(list []entry, e entry, q wire.DictionaryRequest) bool {
	if q.TreeFiltering != "SUBTREE" {
		return e.Parent == q.ParentRefItemValue
	}
	if q.ParentRefItemValue == "" {
		return true
	}
	for depth := 0; e.Parent != "" && depth < len(list); depth++ {
		if e.Parent == q.ParentRefItemValue {
			return true
		}
		parent := e.Parent
		e = entry{}
		for _, x := range list {
			if x.Value == parent {
				e = x
			}
		}
	}
	return false
}

func leaf(list []entry, value string) bool {
	for _, e := range list {
		if e.Parent == value {
			return false
		}
	}
	return true
}
