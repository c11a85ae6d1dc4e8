// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

/**
 * One server-sent event, as it came.
 *
 * @param type its {@code event}, {@code message} where it has none
 * @param data its {@code data}; empty where all that came was an id
 * @param id the last {@code id} that came, empty where none did
 */
record ServerEvent(String type, String data, String id) {}
