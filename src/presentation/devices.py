"""What somebody was logged in with, in words by which they know it again."""

from src.i18n import N_, _

# The first that a browser's text about itself holds: most browsers also claim to be several others.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_BROWSER = N_("Browser")
INTERFACES = {"cli": N_("Command line"), "web": _BROWSER, "api": N_("Program"), "demo": N_("Demo")}


def device_in_words(device: str, interface: str) -> str:
    """Say `Firefox on Linux`, or the name of the computer; what tells nothing is called by its interface."""
    if interface != "web":
        return device or _(INTERFACES.get(interface, interface))
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in device), None)
    system = next((name for mark, name in _SYSTEMS if mark in device), None)
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or _(_BROWSER)
