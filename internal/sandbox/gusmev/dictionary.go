package gusmev

import (
	"encoding/json"
	"net/http"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/dictionaries"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Codes of a dictionary's answer.
const (
	dictionaryDone     = 0
	dictionaryNotFound = 7
)

// dictionary is POST /api/nsi/v1/dictionary/{code} (SPEC-1.13, section 3): a
// page of training entries, their titles in the language of the request. Nobody
// has to sign in.
func (f *face) dictionary(w http.ResponseWriter, r *http.Request) error {
	q := wire.DictionaryRequest{PageNum: 1, PageSize: 100_000} // without the two every entry is given
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxMeta)).Decode(&q); err != nil {
		return badRequest("нужен объект JSON", "a JSON object is needed")
	}
	if q.PageNum < 1 || q.PageNum > maxPageNum || q.PageSize < 1 || q.PageSize > 100_000 {
		return badRequest("pageNum — от 1, pageSize — от 1", "pageNum counts from 1, pageSize from 1")
	}
	all, err := dictionaries.All()
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
	var match []*dictionaries.Entry
	for i := range list.Entries {
		e := &list.Entries[i]
		// ONELEVEL gives the children of the parent (the roots without one), SUBTREE
		// everything below.
		if q.TreeFiltering == "SUBTREE" && list.Under(e, q.ParentRefItemValue) || q.TreeFiltering != "SUBTREE" && e.Parent == q.ParentRefItemValue {
			match = append(match, e)
		}
	}
	out.Total = len(match)
	lang := problem.Lang(r)
	w.Header().Set("Vary", "Accept-Language")
	from := min((q.PageNum-1)*q.PageSize, len(match))
	for _, e := range match[from:min(from+q.PageSize, len(match))] {
		item := wire.DictionaryItem{Value: e.Value, Title: untrusted.Text(e.Title.In(lang)), IsLeaf: list.Leaf(e.Value), AttributeValues: e.Attributes,
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
