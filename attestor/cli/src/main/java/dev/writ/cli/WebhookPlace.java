// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.PinnedTls;
import dev.writ.service.Webhook;
import dev.writ.service.Webhooks;
import dev.writ.tlog.Hash;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A webhook of a configuration.
 *
 * @param name in metrics, logs and diagnoses
 * @param pins SHA-256 of the public keys that are believed, or of authorities' above them; none for http
 */
record WebhookPlace(String name, URI url, List<Hash> pins) {
  /** Its keys in a section. */
  static final List<String> KEYS = List.of("name", "url", "pins");

  static List<WebhookPlace> of(ConfigSection all) throws MalformedConfigurationException {
    List<WebhookPlace> places = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (ConfigSection section : all.sections("webhooks")) {
      List<Hash> pins = new ArrayList<>();
      for (String pin :
          section.texts(
              "pins",
              "a list of SHA-256, each of 64 lower-case hexadecimal digits",
              text -> ServeConfig.digest(text).isPresent())) {
        pins.add(ServeConfig.digest(pin).orElseThrow());
      }
      WebhookPlace place =
          new WebhookPlace(
              section.text("name"), section.parsed("url", "a URL", WebhookPlace::uri), pins);
      try {
        var unused = place.hook(Clock.systemUTC());
      } catch (IllegalArgumentException e) {
        throw section.refused("hold: " + e.getMessage());
      }
      if (!names.add(place.name()) || names.size() > Webhooks.MOST) {
        throw section.refused(
            "name", "of a webhook that is listed once, of at most " + Webhooks.MOST);
      }
      places.add(place);
    }
    return List.copyOf(places);
  }

  private static Optional<URI> uri(String text) {
    try {
      return Optional.of(new URI(text));
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  /** TLS that believes the pinned keys; absent where none are. */
  Optional<PinnedTls> tls(InstantSource clock) {
    return pins.isEmpty() ? Optional.empty() : Optional.of(PinnedTls.of(pins, clock));
  }

  Webhook hook(InstantSource clock) {
    return new Webhook(name, url, tls(clock).map(PinnedTls::context));
  }
}
