// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.net.URI;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Where revocations are posted: a place that the configuration names, and no other.
 *
 * @param name in metrics and logs, which the URL is not in: it may hold a secret
 * @param url https, or http to a loopback address
 * @param tls which servers are believed; present exactly where the URL is https
 */
public record Webhook(String name, URI url, Optional<SSLContext> tls) {
  private static final String LOOPBACK =
      "127(\\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}|\\[::1\\]";

  /**
   * The webhook as given.
   *
   * @throws IllegalArgumentException if a value is not of its form
   */
  public Webhook {
    if (!name.matches("[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?")) {
      throw new IllegalArgumentException(
          "a webhook's name must be of lower-case letters, digits, - and _, at most 64, was not");
    }
    String scheme = String.valueOf(url.getScheme());
    boolean fits =
        url.getHost() != null
            && url.getUserInfo() == null
            && url.getFragment() == null
            && (scheme.equals("https") || scheme.equals("http") && url.getHost().matches(LOOPBACK));
    if (!fits) {
      throw new IllegalArgumentException(
          "a webhook's url must be https, or http to a loopback address such as 127.0.0.1, without user and"
              + " fragment, was not");
    }
    if (scheme.equals("https") != tls.isPresent()) {
      throw new IllegalArgumentException(
          "a webhook's url must be https exactly where it has pins, was not");
    }
  }
}
