package plainjson

import "encoding/json"

// Marshal writes v by write, and by encoding/json when it is not plain. room is how
// many bytes most values of the type take.
func Marshal(v any, room int, write func(*Writer)) ([]byte, error) {
	w := To(make([]byte, 0, room))
	write(&w)
	if b, ok := w.Done(); ok {
		return b, nil
	}
	return json.Marshal(v)
}

// Unmarshal reads b into v, which is zero, by read, and by encoding/json when it is
// not plain.
func Unmarshal[T any](b []byte, v *T, read func(*Reader)) error {
	if TryUnmarshal(b, v, read) {
		return nil
	}
	return json.Unmarshal(b, v)
}

// TryUnmarshal reads b into v, which is zero, by read; when it is not plain, v is zero
// still and ok false.
func TryUnmarshal[T any](b []byte, v *T, read func(*Reader)) (ok bool) {
	r := Read(b)
	if read(&r); r.Done() {
		return true
	}
	var zero T
	*v = zero
	return false
}
