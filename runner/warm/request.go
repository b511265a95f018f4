package warm

import "pmap/startmode"

// A request is what an interpreter needs to know of an item.
type request struct {
	env   [][]byte // NAME=VALUE, what isn't the same for all items
	words [][]byte // its values
}

// read takes from a job's environment and argv what is the item's: the strings
// from these on. They alias the lists.
func (r *request) read(env *startmode.Strings, base int, argv *startmode.Strings, lead int) {
	r.env, r.words = r.env[:0], r.words[:0]
	for i := base; i < env.Len(); i++ {
		r.env = append(r.env, env.At(i))
	}
	for i := lead; i < argv.Len(); i++ {
		r.words = append(r.words, argv.At(i))
	}
}
