package gusmev_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

// published reads the table of order details in docs/protocol.md, which was written
// by hand from the specification: field and type.
func published(t *testing.T) [][2]string {
	t.Helper()
	b, err := os.ReadFile("../../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(b), "### Order details (table 28)")
	if !ok {
		t.Fatal("docs/protocol.md has no table 28")
	}
	var out [][2]string
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if strings.HasPrefix(line, "#") {
			break
		}
		if len(cells) == 5 && strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			out = append(out, [2]string{strings.Trim(cells[1], " `"), strings.TrimSpace(cells[2])})
		}
	}
	if len(out) != 140 {
		t.Fatalf("table 28 has 140 rows, %d were read", len(out))
	}
	return out
}

// raw asks for the details of an order and returns the document in their string as
// any client would see it.
func raw(t *testing.T, p *portaltest.Portal, path string) map[string]any {
	t.Helper()
	var e struct {
		Order string `json:"order"`
	}
	p.Post(portaltest.Citizen(), path, nil).Want(http.StatusOK).Into(&e)
	var order map[string]any
	if err := json.Unmarshal([]byte(e.Order), &order); err != nil {
		t.Fatal(err)
	}
	return order
}

// lookup returns every value that stands at a place such as statuses[].id.
func lookup(v any, place string) []any {
	name, rest, more := strings.Cut(place, ".")
	list := strings.HasSuffix(name, "[]")
	m, _ := v.(map[string]any)
	value, ok := m[strings.TrimSuffix(name, "[]")]
	if !ok {
		return nil
	}
	if !more {
		return []any{value}
	}
	var out []any
	if list {
		elements, _ := value.([]any)
		for _, e := range elements {
			out = append(out, lookup(e, rest)...)
		}
		return out
	}
	return lookup(value, rest)
}

func isOf(v any, kind string) bool {
	switch v := v.(type) {
	case string:
		return strings.HasPrefix(kind, "string")
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" && v == float64(int64(v))
	case []any:
		return strings.HasPrefix(kind, "array")
	case map[string]any:
		return kind == "object"
	}
	return false
}

func TestOrderDetailsHaveEveryFieldOfTheSpecificationInItsType(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	values := p.Form(who, "no-conviction", "purpose", "work")
	id := p.Submit(who, "90000000004", portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000004", values)}))
	begun := raw(t, p, "/api/gusmev/order/"+strconv.FormatInt(id, 10))
	follow(t, p, who, id, 3, 4)
	done := raw(t, p, "/api/gusmev/order/"+strconv.FormatInt(id, 10))
	for _, row := range published(t) {
		name, kind := row[0], row[1]
		seen := false
		for stage, order := range []map[string]any{begun, done} {
			values := lookup(order, name)
			for _, v := range values {
				seen = true
				if !isOf(v, kind) {
					t.Errorf("%s: %T at stage %d, the specification says %s", name, v, stage, kind)
				}
			}
			// Members of arrays come with their elements; everything else is always there.
			if !strings.Contains(name, "[]") && len(values) != 1 {
				t.Errorf("%s is not there at stage %d", name, stage)
			}
		}
		if !seen && !strings.HasPrefix(name, "orderAttributeEvents[]") {
			t.Errorf("%s was never seen", name)
		}
	}
	// A result is told as a truth value by the order and as a letter by its status.
	if done["hasResult"] != true || begun["hasResult"] != false || lookup(done, "currentStatusHistory.hasResult")[0] != "Y" {
		t.Errorf("hasResult: %v, %v", done["hasResult"], lookup(done, "currentStatusHistory.hasResult"))
	}
	if n := len(done["statuses"].([]any)); n < 5 {
		t.Errorf("%d statuses without embed", n)
	}
}

func TestListsAnswerAtBothSpellingsOfTheirPath(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	values := p.Form(who, "no-conviction", "purpose", "work")
	id := p.Submit(who, "90000000004", portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000004", values)}))
	for _, path := range []string{
		"/api/gusmev/order/getOrdersStatus?pageNum=0&pageSize=5&orderIds=" + strconv.FormatInt(id, 10) + ",1",
		"/api/gusmev/order/getOrdersStatus/?pageNum=0&pageSize=5&orderIds=" + strconv.FormatInt(id, 10) + ",1",
		"/api/gusmev/order/getUpdatedAfter?pageNum=0&pageSize=5&updatedAfter=2020-01-01T00:00:00.000",
		"/api/gusmev/order/getUpdatedAfter/?pageNum=0&pageSize=5&updatedAfter=2020-01-01T00:00:00.000",
	} {
		var list map[string]any
		p.Get(who, path).Want(http.StatusOK).Into(&list)
		content, _ := list["content"].([]any)
		if len(content) == 0 || list["count"] != float64(len(content)) || lookup(list, "content[].orderId")[0] != float64(id) || lookup(list, "content[].status.statusId") == nil {
			t.Errorf("%s: %v", path, list)
		}
	}
}

func TestAReservedNumberIsEnoughForItsParts(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	values := p.Form(who, "no-conviction", "purpose", "work")
	archive := portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000004", values)})
	reserve := func() int64 {
		var ref wire.OrderRef
		p.Do(who, http.MethodPost, "/api/gusmev/order", portaltest.Meta("90000000004"), "Content-Type", "application/json").Want(http.StatusOK).Into(&ref)
		return ref.OrderID
	}
	for name, fields := range map[string][]string{
		"numbered from 0": {"chunk=0", "chunks=1"},
		"one part":        {},
	} {
		id := reserve()
		kind, body := portaltest.Multipart(nil, archive, append(fields, "orderId="+strconv.FormatInt(id, 10))...)
		p.Do(who, http.MethodPost, "/api/gusmev/push/chunked", body, "Content-Type", kind).Want(http.StatusOK)
		if o := raw(t, p, "/api/gusmev/order/"+strconv.FormatInt(id, 10)); o["orderStatusId"] != float64(17) {
			t.Errorf("%s: status %v", name, o["orderStatusId"])
		}
	}
	// Meta that contradicts the number is refused, as before.
	id := reserve()
	kind, body := portaltest.Multipart(portaltest.Meta("90000000001"), archive, "orderId="+strconv.FormatInt(id, 10))
	p.Do(who, http.MethodPost, "/api/gusmev/push/chunked", body, "Content-Type", kind).Want(http.StatusBadRequest)
}

func TestAResultIsFoundByTheCurrentStatusToo(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	values := p.Form(who, "no-conviction", "purpose", "work")
	id := p.Submit(who, "90000000004", portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000004", values)}))
	o := follow(t, p, who, id, 3, 4)
	history := strconv.FormatInt(o.CurrentStatusHistoryID, 10)
	p.Get(who, "/api/gusmev/files/download/"+history+"/2?mnemonic=req.xml").Want(http.StatusOK)
	p.Get(who, "/api/storage/v2/files/"+history+"/3/download?mnemonic="+string(o.ResponseFiles[0].FileName)).Want(http.StatusOK)
	p.Get(who, "/api/gusmev/files/download/"+history+"/3?mnemonic=nothing.pdf").Want(http.StatusNoContent)
	p.Get(portaltest.Chief(), "/api/gusmev/files/download/"+history+"/2?mnemonic=req.xml").Want(http.StatusForbidden)
}
