package packed_test

import (
	"reflect"
	"testing"

	"github.com/epgu-cli/epgu/internal/sandbox/packed"
)

type inner struct {
	Name string
	On   bool
}

type value struct {
	Text    string
	Number  int64
	Small   int32
	List    []inner
	Words   []string
	Numbers []int32
	Maybe   *inner
	Map     map[string]inner
}

func sample() value {
	return value{Text: "Загран", Number: -1 << 40, Small: 7, List: []inner{{"a", true}, {"", false}}, Words: []string{"раз", "раз", ""},
		Numbers: []int32{-5, 0, 1 << 30}, Maybe: &inner{"p", true}, Map: map[string]inner{"k": {"v", true}}}
}

func TestWhatIsAddedIsReadBack(t *testing.T) {
	var w packed.Writer
	for _, v := range []value{sample(), {Map: map[string]inner{}}} {
		if err := w.Add(v); err != nil {
			t.Fatal(err)
		}
	}
	r, err := packed.Open(string(w.Bytes()))
	if err != nil || r.Len() != 2 {
		t.Fatal(err, r.Len())
	}
	var got value
	if err := r.Read(0, &got); err != nil || !reflect.DeepEqual(got, sample()) {
		t.Errorf("%v\n%+v", err, got)
	}
	var empty value
	if err := r.Read(1, &empty); err != nil || !reflect.DeepEqual(empty, value{Map: map[string]inner{}}) {
		t.Errorf("%v\n%+v", err, empty)
	}
	if err := r.Read(2, &got); err == nil {
		t.Error("a value that was never added is read")
	}
	if err := w.Add(func() {}); err == nil {
		t.Error("a function is kept")
	}
}

func FuzzBrokenDataAreRefused(f *testing.F) {
	var w packed.Writer
	if err := w.Add(sample()); err != nil {
		f.Fatal(err)
	}
	f.Add(w.Bytes())
	f.Add([]byte("EPGUPK1\n\x01\x00\x00\x00\x01\x00\x00\x00"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		r, err := packed.Open(string(b))
		if err != nil {
			return
		}
		for i := range r.Len() {
			var v value
			_ = r.Read(i, &v)
		}
	})
}
