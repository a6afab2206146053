package apiforms

import (
	"bytes"
	"encoding/xml"
)

// element is a part of a document. An element with neither text nor children is
// left out, unless it is kept.
type element struct {
	name  string // with its prefix
	attrs [][2]string
	text  string
	kids  []element
}

// el is an element with a text, left out when the text is empty.
func el(name, text string) element { return element{name: name, text: text} }

// in is an element with children.
func in(name string, kids ...element) element { return element{name: name, kids: kids} }

// with adds an attribute; namespaces are written so too.
func (e element) with(name, value string) element {
	e.attrs = append(e.attrs, [2]string{name, value})
	return e
}

func (e element) empty() bool {
	if e.text != "" {
		return false
	}
	for _, k := range e.kids {
		if !k.empty() {
			return false
		}
	}
	return true
}

// document renders the whole: UTF-8, the same answers always give the same bytes.
func (e element) document() []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e.write(&b, "")
	return b.Bytes()
}

func (e element) write(b *bytes.Buffer, indent string) {
	if e.empty() {
		return
	}
	b.WriteString(indent + "<" + e.name)
	for _, a := range e.attrs {
		b.WriteString(" " + a[0] + `="`)
		escape(b, a[1])
		b.WriteString(`"`)
	}
	b.WriteString(">")
	if e.text != "" {
		escape(b, e.text)
	} else {
		b.WriteString("\n")
		for _, k := range e.kids {
			k.write(b, indent+"  ")
		}
		b.WriteString(indent)
	}
	b.WriteString("</" + e.name + ">\n")
}

func escape(b *bytes.Buffer, s string) { _ = xml.EscapeText(b, []byte(s)) } // a buffer takes everything
