// SPDX-License-Identifier: Apache-2.0

/** Programs as users of the library write them: compiled and run by the tests, quoted by the README. */
@NullMarked
package dev.writ.example;

import org.jspecify.annotations.NullMarked;
