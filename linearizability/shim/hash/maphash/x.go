package maphash
