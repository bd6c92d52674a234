"""What every page needs: step-up, safe redirects, the client, sections, components."""
