# dist_pkgdata
