package catalog

// Prefill returns the values that are known already, in the JSON types of the
// form: known maps the words of "prefill" to what the portal knows. A value
// that the form would not take is left out.
func (s *Service) Prefill(known map[string]string) map[string]any {
	out := map[string]any{}
	for i := range s.Fields {
		f := &s.Fields[i]
		v := known[f.Prefill]
		if f.Prefill == "" || v == "" {
			continue
		}
		if code, _ := f.check(v, nil); code != "" {
			continue
		}
		switch f.Type {
		case "boolean":
			out[f.Name] = v == "true"
		default:
			out[f.Name] = v
		}
	}
	return out
}
