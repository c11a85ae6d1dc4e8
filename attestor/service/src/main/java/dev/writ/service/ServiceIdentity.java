// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/**
 * Who the service is.
 *
 * @param issuer its URL, the {@code iss} of artifacts
 * @param tenant on whose behalf it issues
 * @param origin the name of its ledger
 */
public record ServiceIdentity(String issuer, String tenant, String origin) {}
