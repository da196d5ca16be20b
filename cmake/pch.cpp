// Holds the precompiled headers that every layer reuses (CMakeLists.txt lists them).
